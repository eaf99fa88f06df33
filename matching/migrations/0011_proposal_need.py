from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0010_parts'),
    ]

    operations = [
        migrations.AddField(
            model_name='proposal',
            name='need',
            field=models.CharField(blank=True, default='', max_length=20),
        ),
    ]
